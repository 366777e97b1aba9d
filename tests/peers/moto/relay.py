"""In place of the X-Ray daemon, where there is none: takes its datagrams and hands the documents on to the X-Ray API, by boto3. Run with moto's
interpreter; the service's address, region and keys are in the environment. Prints its port. It ends with standard input: what had come by then
is handed on first, and its status is not 0 when anything was wrong."""
import json
import select
import socket
import sys

import boto3

HEADER = {"format": "json", "version": 1}
AT_ONCE = 50  # of PutTraceSegments


def document_of(packet):
    header, newline, body = packet.partition(b"\n")
    if not newline or json.loads(header) != HEADER:
        sys.exit(f"a datagram begins {packet[:80]!r}")
    return body.decode()


def waiting(port):
    """All datagrams that are there."""
    while select.select([port], [], [], 0)[0]:
        yield document_of(port.recv(65_536))


def put(xray, documents):
    for first in range(0, len(documents), AT_ONCE):
        refused = xray.put_trace_segments(TraceSegmentDocuments=documents[first:first + AT_ONCE])["UnprocessedTraceSegments"]
        if refused:
            sys.exit(f"the service does not take {refused}")


def main():
    xray = boto3.client("xray")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        port.bind(("127.0.0.1", 0))
        print(port.getsockname()[1], flush=True)
        going_on = True
        while going_on:
            ready = select.select([port, sys.stdin], [], [])[0]
            going_on = sys.stdin not in ready or bool(sys.stdin.buffer.read1(1))
            put(xray, list(waiting(port)))


if __name__ == "__main__":
    main()

// Reads recorded OTLP requests with the classes of @opentelemetry/otlp-transformer, protobuf and JSON alike, and prints each record as a
// line of JSON in the form of ../asked.py, maps as lists of pairs. What the classes do not know is an error.
//
//   node read.mjs FOLDER_WITH_NODE_MODULES FOLDER_OF_REQUESTS
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';

const [home, folder] = process.argv.slice(2);
const require = createRequire(path.join(home, 'package.json'));
const main = require.resolve('@opentelemetry/otlp-transformer');
const root = require(path.join(main.slice(0, main.lastIndexOf('build')), 'build/src/generated/root.js'));
const services = root.opentelemetry.proto.collector;
const requests = {traces: services.trace.v1.ExportTraceServiceRequest, logs: services.logs.v1.ExportLogsServiceRequest};
const ids = new Set(['traceId', 'spanId', 'parentSpanId']);

const hex = (bytes) => Buffer.from(bytes ?? []).toString('hex');
const decimal = (number) => (number ?? 0).toString();

function id(bytes, size) {
  const digits = hex(bytes);
  if (digits.length !== 0 && digits.length !== 2 * size) throw new Error(`an id of ${digits.length / 2} bytes`);
  return /^0*$/.test(digits) ? '' : digits;
}

function double(number) {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(number);
  return ['d', Number.isNaN(number) ? 'nan' : hex(bits)];
}

function value(given) {
  switch (given?.value) {
    case undefined: return ['e'];
    case 'stringValue': return ['s', given.stringValue];
    case 'boolValue': return ['b', given.boolValue];
    case 'intValue': return ['i', decimal(given.intValue)];
    case 'doubleValue': return double(given.doubleValue);
    case 'bytesValue': return ['x', hex(given.bytesValue)];
    case 'arrayValue': return ['a', given.arrayValue.values.map(value)];
    case 'kvlistValue': return ['m', pairs(given.kvlistValue.values)];
    default: throw new Error(`a value of kind ${given.value}`);
  }
}

const pairs = (given) => (given ?? []).map((each) => [each.key ?? '', value(each.value)]);

const event = (given) => ({
  at: decimal(given.timeUnixNano), name: given.name ?? '', attributes: pairs(given.attributes), dropped: given.droppedAttributesCount ?? 0,
});

const link = (given) => ({
  trace: id(given.traceId, 16), id: id(given.spanId, 8), state: given.traceState ?? '', attributes: pairs(given.attributes),
  dropped: given.droppedAttributesCount ?? 0, flags: given.flags ?? 0,
});

const span = (given) => ({
  what: 'span', trace: id(given.traceId, 16), id: id(given.spanId, 8), parent: id(given.parentSpanId, 8), state: given.traceState ?? '',
  name: given.name ?? '', kind: given.kind ?? 0, flags: given.flags ?? 0, start: decimal(given.startTimeUnixNano), end: decimal(given.endTimeUnixNano),
  attributes: pairs(given.attributes), dropped: given.droppedAttributesCount ?? 0, events: (given.events ?? []).map(event),
  dropped_events: given.droppedEventsCount ?? 0, links: (given.links ?? []).map(link), dropped_links: given.droppedLinksCount ?? 0,
  status: [given.status?.code ?? 0, given.status?.message ?? ''],
});

const log = (given) => ({
  what: 'log', trace: id(given.traceId, 16), id: id(given.spanId, 8), flags: given.flags ?? 0, body: value(given.body),
  severity: [given.severityNumber ?? 0, given.severityText ?? ''], at: decimal(given.timeUnixNano), observed: decimal(given.observedTimeUnixNano),
  attributes: pairs(given.attributes), dropped: given.droppedAttributesCount ?? 0, event_name: given.eventName ?? '',
});

// OTLP's JSON has ids in hexadecimal digits, where protobufjs takes base64 or bytes, and special doubles as words.
function adapted(what, key) {
  if (Array.isArray(what)) return what.map((each) => adapted(each));
  if (what !== null && typeof what === 'object') return Object.fromEntries(Object.entries(what).map(([name, inner]) => [name, adapted(inner, name)]));
  return ids.has(key) ? Buffer.from(what, 'hex') : what;
}

// Every member of the document has to have become a field of the message.
function nothing_lost(document, message, where) {
  if (Array.isArray(document)) return document.forEach((each, place) => nothing_lost(each, message[place], `${where}[${place}]`));
  if (document === null || typeof document !== 'object') return;
  for (const [name, inner] of Object.entries(document)) {
    if (!Object.hasOwn(message, name)) throw new Error(`${where}.${name} is no field of ${message.constructor.name}`);
    nothing_lost(inner, message[name], `${where}.${name}`);
  }
}

// protobufjs keeps no unknown fields: written again, a message that had any is shorter.
function decoded(type, bytes) {
  const message = type.decode(bytes);
  const again = type.encode(message).finish().length;
  if (again !== bytes.length) throw new Error(`${bytes.length} bytes were read, ${again} make the same message`);
  return message;
}

function parsed(name) {
  const [, signal, encoding] = name.split('.');
  const bytes = fs.readFileSync(path.join(folder, name));
  if (encoding === 'pb') return decoded(requests[signal], bytes);
  const document = JSON.parse(bytes.toString('utf8'));
  const message = requests[signal].fromObject(adapted(document));
  nothing_lost(document, message, name);
  return message;
}

function* records(message) {
  for (const group of message.resourceSpans ?? message.resourceLogs) {
    const resource = pairs(group.resource?.attributes);
    for (const part of group.scopeSpans ?? group.scopeLogs) {
      const scope = [part.scope?.name ?? '', part.scope?.version ?? ''];
      for (const each of part.spans ?? part.logRecords) yield {...(part.spans ? span(each) : log(each)), resource, scope};
    }
  }
}

for (const name of fs.readdirSync(folder).sort()) {
  let lines = '';
  for (const record of records(parsed(name))) lines += JSON.stringify(record) + '\n';
  fs.writeSync(1, lines);
}

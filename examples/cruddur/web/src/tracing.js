// Traces of this page: a span for each thing that the person does, and beneath it one for each fetch, whose context goes to the server in
// traceparent. Spans leave for the server's own /v1/traces, which passes them on: no key of any back end is in the page.
import {SpanStatusCode, context, trace} from '@opentelemetry/api';
import {OTLPTraceExporter} from '@opentelemetry/exporter-trace-otlp-http';
import {registerInstrumentations} from '@opentelemetry/instrumentation';
import {FetchInstrumentation} from '@opentelemetry/instrumentation-fetch';
import {resourceFromAttributes} from '@opentelemetry/resources';
import {BatchSpanProcessor, WebTracerProvider} from '@opentelemetry/sdk-trace-web';

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export function start(api) {
  const url = `${api}/v1/traces`;
  const provider = new WebTracerProvider({
    resource: resourceFromAttributes({'service.name': 'cruddur-web', 'service.version': '1.4.0'}),
    // 32 spans stay far below what the server takes in one request. What is left leaves when the page is hidden.
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({url}), {scheduledDelayMillis: 500, maxExportBatchSize: 32})],
  });
  provider.register();  // W3C trace context and baggage; contexts as a stack, for which action() below makes up
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [new FetchInstrumentation({
      propagateTraceHeaderCorsUrls: [new RegExp(`^${escaped(api)}/`)],  // headers to our own server alone, where that is another origin
      ignoreUrls: [url],
      clearTimingResources: true,
      semconvStabilityOptIn: 'http',
    })],
  });
}

const tracer = trace.getTracer('cruddur-web');

// Runs `body(within)` in a span. The context of a page does not survive `await`: what comes after one, and is to be a child too, goes
// through within(() => …).
export async function action(name, attributes, body) {
  const span = tracer.startSpan(name, {attributes});
  const inside = trace.setSpan(context.active(), span);
  try {
    return await body((part) => context.with(inside, part), span.spanContext().traceId);
  } catch (error) {
    span.recordException(error);
    span.setStatus({code: SpanStatusCode.ERROR, message: error.message});
    throw error;
  } finally {
    span.end();
  }
}

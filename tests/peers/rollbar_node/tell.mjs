// The stories of rollbar_story.cpp, told by rollbar.js, an item each: tell.mjs FOLDER ENDPOINT TOKEN [STORY...]. FOLDER holds node_modules.
import { createRequire } from "node:module";
import path from "node:path";

const [folder, endpoint, token, ...chosen] = process.argv.slice(2);
const Rollbar = createRequire(path.join(folder, "here.js"))("rollbar");

const PERSON = { id: "u-81", username: "andrew", email: "andrew@example.com" };
const OPTIONS = {
  accessToken: token, endpoint, environment: "test", codeVersion: "1.2.3", host: "here", root: "/srv/app", branch: "main", captureUncaught: false,
  captureUnhandledRejections: false, captureEmail: true, captureUsername: true, autoInstrument: false, verbose: false,
};

// As a program would: one client, asked to report, waited for. A report that fails is no failure of the story.
async function told(level, words, options = {}) {
  const rollbar = new Rollbar({ ...OPTIONS, ...options });
  await new Promise((done) => rollbar[level](...words, () => done()));
}

function chain() {
  try {
    try {
      throw new Error("open");
    } catch (cause) {
      throw new Error("load config", { cause });
    }
  } catch (cause) {
    return new RangeError("start", { cause });
  }
}

const REQUEST = {
  headers: { "user-agent": "a test/1", host: "shop.example", authorization: "hunter5" }, protocol: "http", url: "/orders?password=hunter4&q=2", method: "GET",
  ip: "192.0.2.7", route: { path: "/orders" }, rollbar_person: PERSON,
};

const STORIES = {
  exception: () => told("error", [new Error("boom"), { order: 5, ratio: 0.5, yes: true, none: null, password: "hunter2",
                                                       nested: { secret: "hunter3", list: [1, "two", { deep: 3 }] } }]),
  chain: () => told("error", [chain()]),
  message: () => told("warning", ["slow", { page: "home", ms: 15.5 }]),
  bare_message: () => told("info", ["bare"]),
  request: () => told("error", [new Error("in a request"), REQUEST]),
  named: () => told("critical", [new Error("named")], { payload: { title: "a title", fingerprint: "0123456789" } }),
  traced: () => told("error", [new Error("in a trace")]),
  before: async () => {
    const rollbar = new Rollbar({ ...OPTIONS, includeItemsInTelemetry: false });
    const error = new Error("after all that");
    rollbar.captureEvent("log", { message: "one" }, "info");
    rollbar.captureEvent("network", { method: "GET", url: "http://pay.example/charge?password=hunter6", status_code: 200 }, "info");
    await new Promise((done) => rollbar.error(error, () => done()));
  },
};

for (const [name, story] of Object.entries(STORIES))
  if (chosen.length === 0 || chosen.includes(name)) await story();

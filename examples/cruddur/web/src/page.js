// The page: a feed, a form, and the ids of the traces they made.
import {action, start} from './tracing.js';

const api = document.querySelector('meta[name="api"]').content || location.origin;
const user = 'andrewbrown';
start(api);

class Refused extends Error {}

// What the server answered, read. Its problems have words of their own.
async function ask(within, path, options) {
  const answer = await within(() => fetch(api + path, options));
  const body = await answer.json();
  if (!answer.ok) throw new Refused(`${answer.status} ${body.error}`);
  return body;
}

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;  // never as HTML: people write it
  made.append(...children);
  return made;
}

function show(rows) {
  const lines = rows.map((row) => {
    const when = element('time', row.created_at);
    return element('li', '', element('b', `@${row.handle}`), ` ${row.message} `, when);
  });
  document.querySelector('#feed').replaceChildren(...lines);
}

function tell(problem) {
  const place = document.querySelector('#problem');
  place.hidden = !problem;
  place.textContent = problem;
}

// One thing that the person does: its problem is shown, and at its end its trace.
async function perform(name, body) {
  let id = '', problem = '';
  tell('');
  try {
    await action(name, {'app.user_handle': user}, (within, trace) => {
      id = trace;
      return body(within);
    });
  } catch (error) {
    problem = error.message;
    tell(problem);
    if (!(error instanceof Refused)) console.error(error);
  }
  const line = element('li', '', element('b', name), ` ${problem} `, element('code', id));
  line.dataset.trace = id;
  line.dataset.problem = problem;
  document.querySelector('#traces').append(line);
}

const load = (path) => perform(`load ${path}`, async (within) => show(await ask(within, path)));

const post = (message) => perform('post', async (within) => {
  await ask(within, '/api/activities', {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({user_handle: user, message}),
  });
  show(await ask(within, '/api/activities/home'));
});

for (const button of document.querySelectorAll('[data-feed]')) button.addEventListener('click', () => load(button.dataset.feed));
document.querySelector('#post').addEventListener('submit', (event) => {
  event.preventDefault();
  const box = event.target.elements.message;
  post(box.value);
  box.value = '';
});
load('/api/activities/home');

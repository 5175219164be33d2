// Requests to the server: the token, problems in words, jobs and their events as they come.
// SPDX-License-Identifier: Apache-2.0

let token = '';
try {
  token = sessionStorage.getItem('norn.token') || '';
} catch { /* storage may be closed to us: the token lasts as long as the page */ }

export function setToken(text) {
  token = text.trim();
  try {
    sessionStorage.setItem('norn.token', token);
  } catch { /* as above */ }
}

/** An answer that says no: its status, what the problem JSON says, and its list of errors. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.title = body.title || '';
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.requestId = body.request_id || '';
    this.retryAfter = retryAfter;
  }
}

function parsed(text) {
  try {
    const body = JSON.parse(text);
    return body !== null && typeof body === 'object' ? body : {};
  } catch {
    return {};
  }
}

/** fetch with the token; a bad status becomes a Problem. */
export async function request(path, options = {}) {
  const headers = new Headers(options.headers || {});
  if (token) {
    headers.set('Authorization', `Bearer ${token}`);
  }
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: 'no-store', credentials: 'omit' });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Problem(0, { title: 'No answer', detail: 'The server cannot be reached. Is it running, and is the network there?' });
  }
  if (!answer.ok) {
    throw new Problem(answer.status, parsed(await answer.text()), answer.headers.get('Retry-After'));
  }
  return answer;
}

export const getJson = async (path, options) => (await request(path, options)).json();

/** Reads server-sent events of a response: calls seen(name, data, id); ends when the stream ends. */
export async function readEvents(answer, seen) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let event = { name: 'message', data: [], id: null };
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value || new Uint8Array(), { stream: !done });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data.length) {
          seen(event.name, parsed(event.data.join('\n')), event.id);
        }
        event = { name: 'message', data: [], id: event.id };
        continue;
      }
      const at = line.indexOf(':');
      const field = at < 0 ? line : line.slice(0, at);
      const text = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
      if (field === 'event') {
        event.name = text;
      } else if (field === 'data') {
        event.data.push(text);
      } else if (field === 'id') {
        event.id = text;
      }
    }
    if (done) {
      return;
    }
  }
}

const ENDED = new Set(['done', 'failed', 'cancelled', 'canceled', 'succeeded', 'completed', 'error']);
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

/**
 * Posts a form as a job and follows it: seen(name, data) for each event, started(cancel) once. Gives the final response's text and type.
 * A server that answers at once is fine, too. A stream that breaks is taken up again where it was.
 */
export async function runJob(path, form, seen, started) {
  const first = await request(path, { method: 'POST', body: form, headers: { Prefer: 'respond-async' } });
  if (first.status !== 202) {
    return { text: await first.text(), type: first.headers.get('Content-Type') || '' };
  }
  const said = parsed(await first.text());
  const links = said.links || {};
  const id = said.id || said.job_id;
  const here = first.headers.get('Location') || links.self || `/v1/jobs/${encodeURIComponent(id)}`;
  const events = links.events || `${here}/events`;
  started(() => request(here, { method: 'DELETE' }).catch(() => undefined));
  let last = null;
  let state = said;
  for (let tries = 0; ; tries++) {
    try {
      const headers = { Accept: 'text/event-stream', ...(last === null ? {} : { 'Last-Event-ID': last }) };
      await readEvents(await request(events, { headers }), (name, data, eventId) => {
        last = eventId ?? last;
        seen(name, data);
      });
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof Problem && (error.status === 0 || error.status >= 500))) {
        throw error;
      }
    }
    state = await getJson(here);
    if (ENDED.has(state.status)) {
      break;
    }
    if (tries > 600) {
      throw new Problem(504, { detail: 'The job does not come to an end.' });
    }
    await pause(Math.min(2000, 200 * (tries + 1)));
  }
  const result = (state.links && state.links.result) || `${here}/result`;
  const answer = await request(result);
  return { text: await answer.text(), type: answer.headers.get('Content-Type') || '' };
}

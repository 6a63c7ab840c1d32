// The few calls outside the WebSocket: login, blobs, whole-project files. Each carries the header that no page
// of another origin can send.
import {
  type BlobInfo,
  type Methods,
  type ProjectInfo,
  REPLIES,
  read,
  type User,
  type WelcomeReply,
} from '../contract';
import { CallError, cancelled } from './failure';

const HEADERS = { 'x-opentwin': '1' };

async function failed(answer: Response): Promise<CallError> {
  const text = await answer.text().catch(() => '');
  try {
    const json = JSON.parse(text);
    const failure = read('Failure', json.error ?? json);
    if (failure.message || failure.code) return new CallError(failure);
  } catch {
    // Not the platform's own answer: say what there is.
  }
  const code = answer.status === 401 ? 'auth.required' : `http.${answer.status}`;
  return new CallError({ code, message: text.slice(0, 200) || answer.statusText, retryable: answer.status >= 500 });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: 'same-origin', ...init, headers: { ...HEADERS, ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new CallError({
      code: 'client.unreachable',
      message: 'the platform does not answer',
      remedy: 'check the network and that the platform runs',
      retryable: true,
    });
  }
  if (!answer.ok) throw await failed(answer);
  return answer;
}

function json(body: unknown): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** What a page may know before anybody is logged in. */
export async function welcome(): Promise<WelcomeReply> {
  return read('WelcomeReply', await (await ask('/api/v1/welcome', {})).json());
}

export async function logIn(name: string, password: string): Promise<User> {
  const answer = await (await ask('/api/v1/login', json({ name, password }))).json();
  return read('User', answer.user ?? answer);
}

export async function logOut(): Promise<void> {
  await ask('/api/v1/logout', json({}));
}

/** One call without the socket, for before it stands. */
export async function post<M extends keyof Methods>(
  method: M,
  body: Partial<Methods[M]['request']>,
): Promise<Methods[M]['reply']> {
  const answer = await ask(`/api/v1/${method}`, json(body));
  return read(REPLIES[method], await answer.json()) as Methods[M]['reply'];
}

export function blobPath(project: string, hash: string): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/blobs/${encodeURIComponent(hash)}`;
}

export async function getBlob(project: string, hash: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await ask(blobPath(project, hash), { signal })).arrayBuffer();
}

/** Some bytes of a blob; fewer where it ends before. */
export async function getBlobRange(
  project: string,
  hash: string,
  from: number,
  length: number,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const range = `bytes=${from}-${from + length - 1}`;
  const answer = await ask(blobPath(project, hash), { signal, headers: { range } });
  const bytes = await answer.arrayBuffer();
  // Who does not know ranges sends all.
  return answer.status === 206 ? bytes : bytes.slice(from, from + length);
}

export interface Upload {
  /** Hears how much is sent, from 0 to 1. */
  onProgress?: (fraction: number) => void;
  /** Ends it. */
  signal?: AbortSignal;
}

/** Stores a file's bytes and tells how much is sent on the way. */
export function putBlob(project: string, bytes: Blob, upload: Upload = {}): Promise<BlobInfo> {
  return send(`/api/v1/projects/${encodeURIComponent(project)}/blobs`, bytes, upload).then((answer) =>
    read('BlobInfo', answer),
  );
}

/** Where a whole project is read as one file. */
export function archivePath(project: string): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/archive`;
}

/** Makes a project of an exported file. */
export function importArchive(bytes: Blob, upload: Upload = {}): Promise<ProjectInfo> {
  return send('/api/v1/archive', bytes, upload).then((answer) => read('ProjectInfo', answer));
}

/** XMLHttpRequest, since fetch does not tell the progress of an upload. */
function send(path: string, bytes: Blob, { onProgress, signal }: Upload): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled());
    const request = new XMLHttpRequest();
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.onabort = () => reject(cancelled());
    request.open('POST', path);
    for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onerror = () =>
      reject(new CallError({ code: 'client.unreachable', message: 'the upload broke off', retryable: true }));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        try {
          resolve(JSON.parse(request.responseText));
        } catch {
          reject(new CallError({ code: 'client.fault', message: 'the answer to the upload was not understood' }));
        }
      } else void failed(new Response(request.responseText, { status: request.status })).then(reject);
    };
    request.send(bytes);
  });
}

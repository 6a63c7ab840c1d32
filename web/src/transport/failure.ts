import { type Failure, read } from '../contract';

/** What a call failed with: the platform's own words, or the client's for a lost connection. */
export class CallError extends Error {
  readonly failure: Failure;

  constructor(failure: Partial<Failure>) {
    super(failure.message || failure.code || 'the call failed');
    this.name = 'CallError';
    this.failure = read('Failure', failure);
  }

  get code(): string {
    return this.failure.code;
  }
}

export const LOST = 'client.connection-lost';
export const CANCELLED = 'client.cancelled';

export function lost(): CallError {
  return new CallError({ code: LOST, message: 'the connection was lost', retryable: true });
}

export function cancelled(): CallError {
  return new CallError({ code: CANCELLED, message: 'cancelled' });
}

/** Any thrown thing as a failure that can be shown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CallError) return error.failure;
  return read('Failure', { code: 'client.fault', message: error instanceof Error ? error.message : String(error) });
}

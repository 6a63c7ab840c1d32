// What the site takes.
import { byteSize } from '../parts/files';
import { CallError } from '../transport';
import { greeting } from './platform';

/** Refuses a file that the platform would refuse, before it is sent. */
export function demandSize(file: File): void {
  const largest = greeting.get()?.uploadLimit;
  if (!largest || file.size <= largest) return;
  throw new CallError({
    code: 'input.too-large',
    message: `${file.name} is too large: it has ${byteSize(file.size)}, and this site takes ${byteSize(largest)}`,
    remedy: 'send less, or ask an administrator to raise --upload-limit',
  });
}

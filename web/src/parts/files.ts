import { platformNow } from '../model/clock';

/** Hands bytes to the user as a file. */
export function save(name: string, bytes: BlobPart | Blob, type = 'application/octet-stream'): void {
  const url = URL.createObjectURL(bytes instanceof Blob ? bytes : new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Lets the user choose files. */
export function choose(accept: string, chosen: (file: File) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.onchange = () => {
    const file = input.files?.[0];
    if (file) chosen(file);
  };
  input.click();
}

/** A name without what file systems dislike. */
export function fileName(name: string): string {
  return name.replace(/[\\/:*?"<>|\s]+/g, '-').replace(/^-+|-+$/g, '') || 'file';
}

export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = -1;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `3 minutes ago`. A time that lies ahead (a clock that is off) is shown as now. */
export function since(timeMs: number, now = platformNow()): string {
  if (!timeMs) return '';
  const seconds = Math.max(0, (now - timeMs) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return ago.format(-Math.max(1, Math.round(seconds / 60)), 'minute');
  if (seconds < 86_400) return ago.format(-Math.round(seconds / 3600), 'hour');
  if (seconds < 30 * 86_400) return ago.format(-Math.round(seconds / 86_400), 'day');
  return new Date(timeMs).toLocaleDateString('en-CA');
}

export function clock(timeMs: number): string {
  return new Date(timeMs).toLocaleTimeString('en-GB');
}

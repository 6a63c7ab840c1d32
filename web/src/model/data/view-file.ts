// View files: what services write for the eye. The header is read first, then only what is shown is fetched, by
// ranges of bytes.

/** Fetches bytes of a file; fewer come where the file ends before. */
export type Fetch = (from: number, length: number, signal?: AbortSignal) => Promise<ArrayBuffer>;

export interface Part {
  offset: number;
  bytes: number;
}

export interface ViewFile {
  header: { [name: string]: unknown };
  /** The bytes of a part of the data. */
  part(part: Part, signal?: AbortSignal): Promise<ArrayBuffer>;
}

const MAGIC = 'OTVIEW01';
/** Enough for most headers, and for all of a small file: one request then does. */
const FIRST = 64 << 10;
const LONGEST_HEADER = 64 << 20;

export async function openView(fetch: Fetch, signal?: AbortSignal): Promise<ViewFile> {
  let known = await fetch(0, FIRST, signal);
  const magic = known.byteLength >= 16 ? String.fromCharCode(...new Uint8Array(known, 0, 8)) : '';
  if (magic !== MAGIC) throw new Error('this is not a view file');
  const length = Number(new DataView(known).getBigUint64(8, true));
  if (length > LONGEST_HEADER) throw new Error(`the header of the view file claims ${length} bytes`);
  const start = 16 + length;
  if (known.byteLength < start) known = await fetch(0, start, signal);
  if (known.byteLength < start) throw new Error('the view file ends within its header');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(known, 16, length)));
  if (typeof header !== 'object' || header === null) throw new Error('the view file has no header');
  return {
    header,
    part: async ({ offset, bytes }, wanted) => {
      const from = start + offset;
      if (bytes === 0) return new ArrayBuffer(0);
      const found =
        from + bytes <= known.byteLength ? known.slice(from, from + bytes) : await fetch(from, bytes, wanted);
      if (found.byteLength !== bytes)
        throw new Error(`a part of the view file has ${found.byteLength} bytes and not ${bytes}`);
      return found;
    },
  };
}

/** A part that a header names; throws where it is none. */
export function partOf(value: unknown): Part {
  const { offset, bytes } = (value ?? {}) as Partial<Part>;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytes) || Number(offset) < 0 || Number(bytes) < 0) {
    throw new Error('the header of the view file does not say where its parts are');
  }
  return { offset: offset as number, bytes: bytes as number };
}

/** A count that a header names. */
export function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0)
    throw new Error('the header of the view file has a wrong count');
  return value as number;
}

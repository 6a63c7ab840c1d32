import { createContext } from 'react';
import type { Values } from '../../model/project/values';

/** What fields need to know of the project around them. */
export interface FormContext {
  /** Names of the entities of a section. */
  namesIn: (section: string) => string[];
  /** Default unit of bare numbers of a dimension. */
  unitOf: (dimension: string) => string;
  /** Stores a file in the project and gives its hash. */
  upload: (file: File, onProgress: (fraction: number) => void) => Promise<string>;
  /** Remembers the stored file of a property, to be committed with it. */
  attach: (property: string, hash: string) => void;
  /** What expressions come to; absent where that is not to be said. */
  values?: Values;
  readOnly: boolean;
}

export const FormSurroundings = createContext<FormContext>({
  namesIn: () => [],
  unitOf: () => '',
  upload: () => Promise.reject(new Error('files cannot be stored here')),
  attach: () => undefined,
  readOnly: false,
});

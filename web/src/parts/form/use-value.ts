import { useContext, useEffect } from 'react';
import type { Shown } from '../../model/project/values';
import { Store } from '../../model/store';
import { useStore } from '../use-store';
import { FormSurroundings } from './context';

const NOTHING: Shown = { value: '', fault: '' };
const NONE = new Store<ReadonlyMap<string, Shown>>(new Map());

/** What an expression comes to; empty for no text, and until the platform has said so. */
export function useValue(text: string, dimension: string): Shown {
  const { values } = useContext(FormSurroundings);
  useEffect(() => (text && values ? values.want(text, dimension) : undefined), [values, text, dimension]);
  useStore(values?.known ?? NONE);
  return (text && values?.find(text, dimension)) || NOTHING;
}

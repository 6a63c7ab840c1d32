export { read } from './read';
export * from './types';

export { CANCELLED, CallError, failureOf, LOST } from './failure';
export {
  archivePath,
  blobPath,
  getBlob,
  getBlobRange,
  importArchive,
  logIn,
  logOut,
  post,
  putBlob,
  welcome,
} from './http';
export { type Link, type LinkState, Socket, type Wire } from './socket';

export { CANCELLED, CallError, failureOf, LOST } from './failure';
export { blobPath, getBlob, logIn, logOut, post, putBlob, send } from './http';
export { type Link, type LinkState, Socket, type Wire } from './socket';

/**
 * Node's own HTTP, asked for rather than imported. An ES module import of `node:http` evaluates all that it exports,
 * among that a WebSocket, and with it a second HTTP client: 29 ms of CPU at each start of a process instead of 3
 * (measured, Node 24).
 */
export const http = process.getBuiltinModule('node:http');

/** Its sibling with TLS, which only a few hosts need: loaded when it is first asked for. */
export const https = (): typeof import('node:https') => process.getBuiltinModule('node:https');

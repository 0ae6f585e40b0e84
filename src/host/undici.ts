/** undici's parts that http.ts uses, as a module of its own so that they can be loaded late. */
export { Agent, errors, request } from 'undici';

import { standInDoor } from '../src/sandbox/stand-in/door.ts';

/** The stand-in t3 of the sandbox: a simulation. */
process.exitCode = await standInDoor(process.argv.slice(2));

import { move, moves, type Move } from './move.ts';
import { operate, type Scenario } from './operation.ts';

/**
 * One operation as a program, to be recorded, or killed: `power-operation WHAT ROOT`. Says on standard error when its
 * first step is about to begin, and at its end how it ended. Bundled by test/build.ts: from its sources it would take five
 * times as long to start.
 */
const [what = '', root = ''] = process.argv.slice(2);
const begun = () => void process.stderr.write('begun\n');
const isMove = (moves as readonly string[]).includes(what);
process.stdout.write(
  isMove
    ? await move(what as Move, root, undefined, begun)
    : await operate(what as Scenario, root, undefined, begun),
);

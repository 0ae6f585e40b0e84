import type { Task } from '../reader/protocol.ts';
import type { Answer } from '../reader/read.ts';

/**
 * One of a user's own things, looked at from outside: what a reader would have to do, if anything changed since it was
 * last read, and what follows from its answer, or from there being none.
 */
export interface Look<Kind extends Task['task'], Facts> {
  due: Extract<Task, { task: Kind }> | undefined;
  judge(answer: Answer<Kind> | undefined): Facts;
}

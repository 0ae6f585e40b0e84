import * as z from 'zod';
import { clearEdit, committed, openForEdit, replaceContents } from '../../host/edit.ts';
import { FileProblem } from '../../host/files.ts';
import { movePin, sameButForPin } from './edit.ts';

/**
 * What the editor does, in a process that has dropped to the owner of a pin file: one request as JSON on standard
 * input, one answer on standard output.
 */
export const editSchema = z.object({
  file: z.string(),
  /** The folder below which no link is followed. */
  base: z.string(),
  variable: z.string(),
  /** What it says now, and what it is to say; empty for nightly. */
  from: z.string(),
  to: z.string(),
  /** Refuse where the checkout has other changes of this file that are not committed. */
  clean: z.boolean(),
  /** Only look. */
  dry: z.boolean(),
  maxSize: z.number(),
});
export type EditRequest = z.output<typeof editSchema>;

export const editAnswerSchema = z.union([
  /** `moved`: it said `from`, and now says `to`. `there`: it said so already. */
  z.object({ edited: z.enum(['moved', 'there']) }),
  z.object({ problem: z.string().max(2000) }),
]);
export type EditAnswer = z.output<typeof editAnswerSchema>;

/** Edit one pin file. */
export function editPin(request: EditRequest): EditAnswer {
  const { file, variable, from, to } = request;
  try {
    if (!request.dry) clearEdit(file, request.base);
    const opened = openForEdit(file, request.base, request.maxSize);
    const found = movePin(opened.bytes, variable, to);
    if ('problem' in found) return { problem: `${file}: ${found.problem}` };
    if (found.from === to) return { edited: 'there' };
    if (found.from !== from)
      return {
        problem: `${file} says ${found.from || 'nightly'}, not ${from || 'nightly'}: somebody has moved it`,
      };
    if (request.clean) {
      const head = committed(file);
      if (head !== undefined && !sameButForPin(head, opened.bytes, variable))
        return {
          problem: `${file} has edits that are not committed, besides the pin: commit them, or put them away, first`,
        };
    }
    if (!request.dry) replaceContents(file, opened, found.moved);
    return { edited: 'moved' };
  } catch (error) {
    if (error instanceof FileProblem) return { problem: error.message };
    throw error;
  }
}

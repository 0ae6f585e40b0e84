import * as z from 'zod';

/** A section whose absence means its defaults; unknown keys are errors, because a misspelt limit is no limit. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as never);

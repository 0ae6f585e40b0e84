import type { CommandOptions, CommandResult, Commands } from '../../src/host/commands.ts';

interface Expected {
  /** The argv, or what it must look like. */
  argv: readonly string[] | RegExp;
  answer:
    | Partial<CommandResult>
    | ((options: CommandOptions) => Partial<CommandResult> | Promise<Partial<CommandResult>>);
}

/**
 * Commands that a test expects, in order. An unexpected one fails the test, and so does an expected one that never
 * came: call `done` at the end.
 */
export class FakeCommands implements Commands {
  readonly #expected: Expected[] = [];
  readonly #problems: string[] = [];

  expect(argv: Expected['argv'], answer: Expected['answer'] = {}): this {
    this.#expected.push({ argv, answer });
    return this;
  }

  converse(): never {
    throw new Error('unexpected: a conversation');
  }

  follow(): never {
    throw new Error('unexpected: a follower');
  }

  lines(): never {
    throw new Error('unexpected: lines');
  }

  async run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult> {
    const next = this.#expected.shift();
    const line = argv.join(' ');
    const matches =
      next !== undefined &&
      (next.argv instanceof RegExp ? next.argv.test(line) : next.argv.join(' ') === line);
    if (next === undefined || !matches) {
      const words = `unexpected command: ${line}${next === undefined ? '' : `; expected: ${String(next.argv)}`}`;
      this.#problems.push(words);
      throw new Error(words);
    }
    const answer = typeof next.answer === 'function' ? await next.answer(options) : next.answer;
    return {
      argv,
      exitCode: 0,
      signal: undefined,
      stdout: '',
      stderr: '',
      failure: undefined,
      took: 1,
      ...answer,
    };
  }

  /** @throws when the commands that were run are not those that were expected. */
  done(): void {
    const missing = this.#expected.map((each) => `never run: ${String(each.argv)}`);
    const problems = [...this.#problems, ...missing];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../../src/config/schema.ts';
import type { Host } from '../../../src/host/host.ts';

/**
 * Alice, page after page while the door is open: each mints with the global t3, which opens, and writes to, her database.
 */
export class Visits {
  readonly #host: Host;
  readonly #config: Config;
  #open = false;
  #ending = false;
  #all: Promise<void> = Promise.resolve();
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(host: Host, config: Config) {
    this.#host = host;
    this.#config = config;
  }

  begin(): void {
    this.#all = this.#visit();
  }

  open(): void {
    this.#open = true;
  }

  /** From now on nobody comes; somebody may be there yet. */
  close(): void {
    this.#open = false;
  }

  /** Until nobody is there any more, nor comes. */
  async pause(): Promise<void> {
    this.close();
    await this.#underWay;
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#all;
  }

  async #visit(): Promise<void> {
    const { dispatch, limits } = this.#config;
    while (!this.#ending) {
      if (!this.#open) {
        await delay(50);
        continue;
      }
      // What a visitor gets is the dispatch's affair; that there is one is ours.
      this.#underWay = this.#host.http
        .fetch(`${dispatch.url}/`, {
          timeout: 60_000,
          maxBody: limits.httpBody,
          headers: { [dispatch.header]: 'alice', accept: 'text/html' },
        })
        .catch(() => undefined);
      await this.#underWay;
      // Somebody who reads a page for a moment: one after the other they would take a whole core for themselves.
      await delay(400);
    }
  }
}

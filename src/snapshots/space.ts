/**
 * Keeps parallel snapshots from promising the same free space twice: two users whose copies each fit, but not both,
 * must not find that out half way. One ledger a runner; a promise is made, written down to nothing, and released by
 * the step that it is for.
 */
export class SpaceLedger {
  readonly #promises = new Map<string, { device: bigint; bytes: number; outstanding: number }>();

  /**
   * Promise bytes on a file system to a step, if they fit beside what is promised already and what must stay free.
   *
   * @param free Bytes free there now.
   * @returns how many bytes are missing: 0 when the promise was made.
   */
  promise(step: string, device: bigint, bytes: number, free: number, keepFree: number): number {
    const promised = [...this.#promises.values()]
      .filter((each) => each.device === device)
      .reduce((sum, each) => sum + each.outstanding, 0);
    const missing = promised + bytes + keepFree - free;
    if (missing > 0) return missing;
    this.#promises.set(step, { device, bytes, outstanding: bytes });
    return 0;
  }

  /** So many bytes of it are on the disk now, and no longer free there. */
  written(step: string, done: number): void {
    const promise = this.#promises.get(step);
    if (promise !== undefined) promise.outstanding = Math.max(0, promise.bytes - done);
  }

  /** The step has ended, however it did. */
  release(step: string): void {
    this.#promises.delete(step);
  }
}

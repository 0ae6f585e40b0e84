/**
 * Resolves when nothing new was heard for so long. Whoever looks at many is done late, and gets on all the while.
 *
 * @param subscribe Told of everything that is new; returns the end of it.
 * @param limit Milliseconds.
 */
export function silence(subscribe: (heard: () => void) => () => void, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      unsubscribe();
      resolve();
    }, limit).unref();
    const unsubscribe = subscribe(() => void timer.refresh());
  });
}

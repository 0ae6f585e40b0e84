/** How often progress is told, milliseconds. */
export const progressInterval = 150;

/** Tell of the first one, and then of one an interval: a file of a gigabyte has a thousand. */
export function occasionally(tell: (done: number) => void): (done: number) => void {
  let told = -progressInterval;
  return (done) => {
    const now = performance.now();
    if (now - told < progressInterval) return;
    told = now;
    tell(done);
  };
}

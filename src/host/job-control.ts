/** How long it takes to see that nobody has stopped us, milliseconds. */
const patience = 200;

/**
 * Stop this process and all that share its job, as Ctrl-Z does in a shell, until the shell continues it. A process group
 * that no shell looks after is not stopped (setpgid(2), orphaned): then this is over at once.
 *
 * @returns whether it was stopped
 */
export async function stopJob(): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onContinue: () => void = () => undefined;
  const continued = new Promise<boolean>((resolve) => {
    onContinue = () => resolve(true);
    process.once('SIGCONT', onContinue);
  });
  const alive = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patience);
  });
  // The group: sudo, which waits for us, has to stop as well.
  process.kill(0, 'SIGTSTP');
  try {
    return await Promise.race([continued, alive]);
  } finally {
    clearTimeout(timer);
    process.off('SIGCONT', onContinue);
  }
}

import { openHost } from '../../../src/host/host.ts';
import { runOperation } from '../../../src/operations/run/runner.ts';
import { faulty, type FaultPlan } from './plan.ts';

/** The runner of one operation, on a host with a fault: as bin/runner.ts, with one more argument. */
const [state, id, plan] = process.argv.slice(2);
await runOperation([state ?? '', id ?? ''], (config, lock, cookie) =>
  faulty(openHost(config, lock, cookie), JSON.parse(plan ?? '') as FaultPlan, config.dispatch.url),
);

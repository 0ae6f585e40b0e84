/** Words of which believable work is made. Nobody wrote, or was asked, any of this. */

export const projectNames = [
  'billing-api',
  'web-shop',
  'infra',
  'mobile-app',
  'data-pipeline',
  'design-system',
  'docs-site',
  'auth-gateway',
] as const;

export const tasks: readonly { title: string; ask: string }[] = [
  {
    title: 'Fix flaky login test',
    ask: 'The login test fails about once in twenty runs on CI. Can you find out why?',
  },
  {
    title: 'Split the invoice parser',
    ask: 'src/invoice/parse.ts is 900 lines. Please split it without changing what it does.',
  },
  {
    title: 'Why is the nightly build slow',
    ask: 'The nightly build went from 9 to 24 minutes last week. What changed?',
  },
  {
    title: 'Paginate the admin list',
    ask: 'The admin list loads every user at once. Add pagination, keep the sorting.',
  },
  {
    title: 'Upgrade the web framework',
    ask: 'Upgrade to the current major version and list what breaks before you touch anything.',
  },
  {
    title: 'Memory leak in the worker',
    ask: 'The worker grows by 40 MB an hour. A heap snapshot is in tmp/.',
  },
  {
    title: 'Document the deploy script',
    ask: 'Write down what scripts/deploy.sh does, step by step, for somebody new.',
  },
  {
    title: 'Move settings to the new schema',
    ask: 'Old settings files must keep working. Please write the migration and tests for it.',
  },
  {
    title: 'Review the retry logic',
    ask: 'Look at the retry logic in the queue client. I think that it can retry for ever.',
  },
  { title: 'Make the importer idempotent', ask: 'Running the importer twice must not create rows twice.' },
  { title: 'Dark mode for the dashboard', ask: 'Add a dark theme that follows the system setting.' },
  {
    title: 'Rate limit the public API',
    ask: 'We need a limit of 60 requests a minute and key on the public API.',
  },
];

export const follows: readonly string[] = [
  'Good. Add a test that fails without it.',
  'Please keep the public interface as it is.',
  'Does that also hold on Windows?',
  'Show me the diff before you commit.',
  'It still fails, the log is below.',
  'Go on.',
];

export const answers: readonly string[] = [
  'I read the module and its tests. Two cases share a temporary folder, and whichever comes second sees what the first one left. I gave each its own, and the test has now passed two hundred times in a row.',
  'Done. There are three files now, one for reading, one for checking and one for the totals; the old entry point calls them, so nothing else had to change.',
  'The dependency scan runs three times since the last change to the pipeline, once for each target. With its result cached the build takes nine minutes again.',
  'The list takes a cursor now. Callers that pass none get the first page, which is what they showed anyway.',
  'Before I change anything: four places use the old router, two of them through a helper. I would start with the helper.',
  'The listener is added on every reconnect and never removed. I moved it out of the loop and added a test that reconnects a hundred times.',
  'I found one case that is not covered: a file that ends in the middle of a record. It is rejected now, with the line number.',
];

export const activitySummaries: readonly string[] = [
  'Ran npm test',
  'Read src/index.ts',
  'Edited 3 files',
  'Searched for "retry"',
  'Ran git diff',
];

/** Lines of a diff, as a checkpoint stores it. */
export const diffLines: readonly string[] = [
  '@@ -12,7 +12,9 @@ export async function load(file: string) {',
  '-  const text = readFileSync(file);',
  '+  const text = await readFile(file, "utf8");',
  '+  if (text.trim() === "") return [];',
  '   return text.split("\\n").map(parseLine);',
  ' }',
  '-  for (const row of rows) await insert(row);',
  '+  await insertAll(rows, { batch: 500 });',
  '+  metrics.count("import.rows", rows.length);',
  '   log.info(`imported ${rows.length} rows`);',
];

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { configurationDocument } from './configuration.ts';
import { keysDocument } from './keys.ts';
import { manualPage } from './man.ts';

/** What is generated, and from what; CI fails when a file is not this. */
const docs = path.resolve(import.meta.dirname, '../docs');

/** As prettier would have it, so that the two do not quarrel. */
const markdown = async (text: string, file: string) =>
  format(text, { ...(await resolveConfig(file)), parser: 'markdown' });

const configuration = path.join(docs, 'configuration.md');
writeFileSync(path.join(docs, 'keys.md'), keysDocument());
writeFileSync(configuration, await markdown(configurationDocument(), configuration));
writeFileSync(path.join(docs, 't3-cockpit.1'), manualPage());

import { requestSchema } from '../plan.ts';

/** What is to be done later, in a few words. */
export function aboutRequest(document: unknown): string {
  const request = requestSchema.safeParse(document).data;
  switch (request?.kind) {
    case 'bump':
      return `bump to ${request.version}`;
    case 'backup':
      return `backup of ${request.users?.join(', ') ?? 'everybody'}`;
    default:
      return request?.kind ?? 'what this version of t3-cockpit does not know';
  }
}

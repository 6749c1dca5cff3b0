import type { Publication } from './model';

/** What a publication's state means and what to do about it. */
export type PublicationWords = { title: string; advice: string; tone: 'wait' | 'good' | 'act' };

/** Says where a reply stands on its way to a site, for people who have never heard of moderation or retries. */
export function publicationWords(publication: Publication, site: string): PublicationWords {
  switch (publication.state) {
    case 'scheduled':
      return { title: `On its way to ${site}`, advice: 'You can still take it back.', tone: 'wait' };
    case 'sending':
      return publication.attempts
        ? { title: `${site} did not take it yet`, advice: 'Bedside tries again by itself. Nothing to do.', tone: 'wait' }
        : { title: `Being sent to ${site}`, advice: 'This takes a moment.', tone: 'wait' };
    case 'pending':
      return { title: `${site} has it and looks at it first`, advice: 'It is public once the site has looked at it. Nothing to do.', tone: 'wait' };
    case 'published':
      return { title: `Public on ${site}`, advice: '', tone: 'good' };
    case 'rejected':
      return { title: `${site} refused it`, advice: 'Write it differently and publish it again.', tone: 'act' };
    case 'failed':
      return { title: 'It could not be sent', advice: `Try again, or copy it to ${site} yourself.`, tone: 'act' };
    case 'by_hand':
      return { title: `Put it on ${site} yourself`, advice: `${site} takes no replies from programs: three steps, and it is done.`, tone: 'act' };
    case 'copied':
      return { title: `Waiting to see it on ${site}`, advice: 'Somebody pasted it there. It counts as public once Bedside has seen it.', tone: 'wait' };
    case 'changed_on_site':
      return { title: `${site} shows another reply now`, advice: 'Somebody changed it there. If that was not wanted, publish yours again.', tone: 'act' };
    case 'gone_from_site':
      return { title: `It is gone from ${site}`, advice: 'Somebody deleted it there, or the site took it down. Publish it again if it should be there.', tone: 'act' };
  }
}

/** True while a reply is leaving or left, so that a text below it would be another reply. */
export function isUnderWay(publication: Publication | undefined): boolean {
  return publication !== undefined && ['scheduled', 'sending', 'by_hand'].includes(publication.state);
}

/** True where a reply is with the site, public or about to be. */
export function isThere(publication: Publication | undefined): boolean {
  return publication !== undefined && ['pending', 'published', 'copied'].includes(publication.state);
}

/** Whole seconds left to take a reply back; 0 when that is over. */
export function undoSeconds(publication: Publication | undefined, now: number): number {
  const until = Date.parse(publication?.undo_until ?? '');
  return publication?.state !== 'scheduled' || Number.isNaN(until) ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

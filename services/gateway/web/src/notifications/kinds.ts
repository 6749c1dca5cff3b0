import type { Kind } from './queries';

/** What people can be told of, as the settings ask. */
export const kindWords: Record<Kind, string> = {
  assigned: 'A case becomes mine',
  urgent: 'An urgent review comes in',
  due_soon: 'A case of mine is due soon',
  overdue: 'A case of mine is overdue',
  approval: 'A reply waits for my approval, or mine was approved or returned',
  reply: 'A reply was published, or something went wrong with it',
  commitment: 'A promise of mine is due or missed',
  mention: 'A note names me',
};
export const kinds = Object.keys(kindWords) as Kind[];

import type { CaseStatus, ListingHealth, Polarity, Role, Topic, UrgentFlag } from '../api/types';

/** How the domain's words are shown. One place, so that no two screens call a thing by two names. */
export const topicWords: Record<Topic, string> = {
  billing: 'Billing',
  wait_times: 'Wait times',
  staff_attitude: 'Staff attitude',
  scheduling_access: 'Scheduling & access',
  clinical_care: 'Clinical care',
  communication: 'Communication',
  facility: 'Facility',
  upselling: 'Upselling',
};
export const topics = Object.keys(topicWords) as Topic[];

export const polarityWords: Record<Polarity, string> = { positive: 'Positive', negative: 'Negative', mixed: 'Mixed' };
export const polarities = Object.keys(polarityWords) as Polarity[];

/** How a person who is named is spoken of. */
export const mentionWords: Record<Polarity, string> = { positive: 'praised', negative: 'criticised', mixed: 'praise and criticism' };

export const statusWords: Record<CaseStatus, string> = {
  new: 'New',
  open: 'Open',
  waiting_approval: 'Waiting for approval',
  on_hold: 'On hold',
  replied: 'Replied',
  resolved: 'Resolved',
  no_reply_needed: 'No reply needed',
};
export const statuses = Object.keys(statusWords) as CaseStatus[];

/** Cases in these statuses still wait for somebody's work. */
export const pendingStatuses: CaseStatus[] = ['new', 'open', 'waiting_approval', 'on_hold'];

export const urgentWords: Record<UrgentFlag, string> = {
  safety_harm: 'Possible harm to a patient',
  discrimination: 'Discrimination claim',
  legal_threat: 'Legal threat',
  privacy: 'Privacy claim',
};

export const roleWords: Record<Role, string> = {
  administrator: 'Administrator',
  director: 'Director',
  manager: 'Manager',
  responder: 'Responder',
  viewer: 'Viewer',
};

export const healthWords: Record<ListingHealth, string> = {
  new: 'Not read yet',
  ok: 'Healthy',
  late: 'Late, still trying',
  rate_limited: 'Site asked us to wait',
  not_authorised: 'Not authorised',
  changed_shape: 'Page changed',
  silent: 'Unusually silent',
  ended: 'Listing gone',
};

const siteWords: Record<string, string> = {
  google: 'Google',
  healthgrades: 'Healthgrades',
  zocdoc: 'Zocdoc',
  vitals: 'Vitals',
  ratemds: 'RateMDs',
  webmd: 'WebMD',
  yelp: 'Yelp',
  facebook: 'Facebook',
  trustpilot: 'Trustpilot',
  careopinion: 'Care Opinion',
};

/** A site's name as people write it; an unknown one loses its dashes and gains a capital. */
export function siteName(site: string): string {
  // A foreign name can be one that every object has, such as "constructor".
  if (Object.hasOwn(siteWords, site)) return siteWords[site] as string;
  const spaced = site.replace(/[-_]+/g, ' ').trim();
  return spaced ? spaced.charAt(0).toUpperCase() + spaced.slice(1) : site;
}

/** An unknown code of the server in readable form: `due_changed` becomes `Due changed`. */
export const humanise = siteName;

/** "1 review", "2 reviews", "1,234 reviews". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
}

import type { ListingInput } from '../api/types';
import { foreignLink } from '../review/links';

export type Adapter = ListingInput['adapter'];

/** What a person has to know of a kind of listing to add one. */
export type AdapterHelp = {
  label: string;
  /** The site reviews are shown under; undefined where it is read from the address or chosen. */
  site?: string;
  refLabel: string;
  refHelp: string;
  placeholder: string;
  /** What is wrong with an address; undefined if nothing is. */
  fault: (ref: string) => string | undefined;
  /** What the credential is, where one is needed. */
  credential?: string;
  /** What the site does not give. */
  note?: string;
};

const form = (pattern: RegExp, say: string) => (ref: string) => (pattern.test(ref) ? undefined : say);

export const adapters: Record<Adapter, AdapterHelp> = {
  directory: {
    label: 'Directory page',
    refLabel: 'Address of the page',
    refHelp: 'The public page of this location, with its reviews on it.',
    placeholder: 'https://www.example.com/dentists/lakeside',
    fault: (ref) => (foreignLink(ref) ? undefined : 'Give the full address of the page, beginning with https://.'),
  },
  google: {
    label: 'Google Business Profile',
    site: 'google',
    refLabel: 'Location in the Business Profile',
    refHelp: 'Its resource name in the Google Business Profile.',
    placeholder: 'accounts/123/locations/456',
    fault: form(/^accounts\/[^/\s]+\/locations\/[^/\s]+$/, 'Write it as accounts/…/locations/…, as the Business Profile shows it.'),
    credential: 'An access token for the Business Profile.',
  },
  yelp: {
    label: 'Yelp',
    site: 'yelp',
    refLabel: 'Business on Yelp',
    refHelp: 'The last part of the address of its page: yelp.com/biz/…',
    placeholder: 'lakeside-dental-portland',
    fault: form(/^[^\s/?#]+$/, 'Only the last part of the address, without slashes.'),
    credential: 'A key of the Yelp API.',
    note: 'Yelp shows only the beginning of three reviews.',
  },
  facebook: {
    label: 'Facebook',
    site: 'facebook',
    refLabel: 'Page',
    refHelp: 'The id or name of your Facebook Page.',
    placeholder: '104857600012345',
    fault: form(/^[A-Za-z0-9.]+$/, 'Letters, digits and full stops, as in facebook.com/….'),
    credential: 'An access token of the Page.',
    note: 'Recommendations carry no stars.',
  },
  trustpilot: {
    label: 'Trustpilot',
    site: 'trustpilot',
    refLabel: 'Business unit',
    refHelp: 'The id of your business unit, which Trustpilot shows under its API settings.',
    placeholder: '5f0c0ffee000640001a2b3c4',
    fault: form(/^[0-9a-fA-F]+$/, 'The id has only digits and the letters a to f.'),
    credential: 'An access token of the Trustpilot API.',
  },
  careopinion: {
    label: 'Care Opinion',
    site: 'careopinion',
    refLabel: 'Health service',
    refHelp: 'The code of the service in Care Opinion.',
    placeholder: 'RTH08',
    fault: form(/^[^\s/?#]+$/, 'The code has no blanks and slashes.'),
    credential: 'A subscription key of Care Opinion.',
  },
  selector: {
    label: 'Page by a definition of ours',
    refLabel: 'Definition and address',
    refHelp: 'The name of a definition file, an exclamation mark and the address of the page.',
    placeholder: 'townhealth!https://townhealth.example/lakeside',
    fault: (ref) => {
      const [name, ...rest] = ref.split('!');
      return name && /^[a-z0-9][a-z0-9_-]*$/.test(name) && foreignLink(rest.join('!')) ? undefined : 'Write it as NAME!https://….';
    },
  },
};

/** The address whose host names the site, where a listing's address holds one. */
export const addressIn = (ref: string): string => ref.slice(ref.indexOf('!') + 1);

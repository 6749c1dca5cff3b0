/** The code of each page comes when it is first needed, or in a quiet moment before that. */
export const pages = {
  signIn: () => import('../session/SignInPage'),
  frame: () => import('./Frame'),
  inbox: () => import('../inbox/InboxPage'),
  review: () => import('../review/ReviewPage'),
  listings: () => import('../sources/ListingsPage'),
  accuracy: () => import('../accuracy/AccuracyPage'),
  terms: () => import('../terms/TermsPage'),
  imports: () => import('../sources/ImportsPage'),
  settings: () => import('./SettingsLayout'),
  routing: () => import('../routing/RoutingPage'),
  templates: () => import('../templates/TemplatesPage'),
  channels: () => import('../notifications/ChannelsPage'),
  notificationSettings: () => import('../notifications/SettingsPage'),
  notifications: () => import('../notifications/NotificationsPage'),
  people: () => import('../people/PeoplePage'),
  commitments: () => import('../commitments/CommitmentsPage'),
  digest: () => import('../digest/DigestPage'),
};

/**
 * Fetches the pages somebody who is signed in can go to, once the first one has been shown: moving on is then
 * immediate, and possible while the server is away.
 */
export function preloadPages(): () => void {
  const timer = setTimeout(() => {
    for (const page of [pages.inbox, pages.review, pages.listings, pages.accuracy, pages.imports, pages.commitments, pages.digest, pages.settings]) {
      // A page that could not be fetched now is fetched when it is opened.
      void page().catch(() => undefined);
    }
  }, 2000);
  return () => clearTimeout(timer);
}

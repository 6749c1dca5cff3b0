import { NavLink, Outlet } from 'react-router';
import classes from './SettingsLayout.module.css';
import { useMay } from './useMay';

/** What is set once and seldom changed: for oneself first, then for the practice. */
export function SettingsLayout() {
  const mayConfigure = useMay('follow_up.configure');
  const link = (to: string, words: string) => (
    <NavLink to={to} className={classes.link}>
      {words}
    </NavLink>
  );
  return (
    <div className={classes.layout}>
      <nav aria-label="Settings" className={classes.nav}>
        {link('/settings/notifications', 'Notifications')}
        {link('/settings/follow-up', 'Follow-up')}
        {link('/settings/templates', 'Templates')}
        {mayConfigure && link('/settings/channels', 'Channels')}
        {link('/settings/people', 'People')}
        {link('/settings/terms', 'Topics and terms')}
      </nav>
      <div className={classes.page}>
        <Outlet />
      </div>
    </div>
  );
}

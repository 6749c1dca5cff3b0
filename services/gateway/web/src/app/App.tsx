import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { createBrowserRouter, Navigate, RouterProvider } from 'react-router';
import { ClockProvider } from '../time/clock';
import { Crash } from './Crash';
import { NotFound } from './NotFound';
import { pages } from './pages';
import { newQueryClient } from './queryClient';
import { Starting } from './Starting';
import { cssVariables, theme } from './theme';
import { ToastProvider } from './toast';

const newRouter = () =>
  createBrowserRouter([
    {
      errorElement: <Crash />,
      hydrateFallbackElement: <Starting />,
      children: [
        { path: '/sign-in', lazy: async () => ({ Component: (await pages.signIn()).SignInPage }) },
        {
          lazy: async () => ({ Component: (await pages.frame()).Frame }),
          children: [
            { index: true, element: <Navigate to="/inbox" replace /> },
            {
              errorElement: <Crash />,
              children: [
                { path: 'inbox', lazy: async () => ({ Component: (await pages.inbox()).InboxPage }) },
                { path: 'reviews/:id', lazy: async () => ({ Component: (await pages.review()).ReviewPage }) },
                { path: 'sources', element: <Navigate to="/sources/listings" replace /> },
                { path: 'sources/listings', lazy: async () => ({ Component: (await pages.listings()).ListingsPage }) },
                { path: 'sources/accuracy', lazy: async () => ({ Component: (await pages.accuracy()).AccuracyPage }) },
                { path: 'sources/imports', lazy: async () => ({ Component: (await pages.imports()).ImportsPage }) },
                { path: 'commitments', lazy: async () => ({ Component: (await pages.commitments()).CommitmentsPage }) },
                { path: 'digest', lazy: async () => ({ Component: (await pages.digest()).DigestPage }) },
                { path: 'notifications', lazy: async () => ({ Component: (await pages.notifications()).NotificationsPage }) },
                {
                  path: 'settings',
                  lazy: async () => ({ Component: (await pages.settings()).SettingsLayout }),
                  children: [
                    { index: true, element: <Navigate to="/settings/notifications" replace /> },
                    { path: 'notifications', lazy: async () => ({ Component: (await pages.notificationSettings()).SettingsPage }) },
                    { path: 'follow-up', lazy: async () => ({ Component: (await pages.routing()).RoutingPage }) },
                    { path: 'templates', lazy: async () => ({ Component: (await pages.templates()).TemplatesPage }) },
                    { path: 'channels', lazy: async () => ({ Component: (await pages.channels()).ChannelsPage }) },
                    { path: 'people', lazy: async () => ({ Component: (await pages.people()).PeoplePage }) },
                    { path: 'terms', lazy: async () => ({ Component: (await pages.terms()).TermsPage }) },
                  ],
                },
                { path: '*', element: <NotFound /> },
              ],
            },
          ],
        },
      ],
    },
  ]);

export function App() {
  const [client] = useState(newQueryClient);
  const [router] = useState(newRouter);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <ClockProvider>
          <ToastProvider>
            <Notifications position="bottom-center" limit={3} containerWidth={420} />
            <RouterProvider router={router} />
          </ToastProvider>
        </ClockProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

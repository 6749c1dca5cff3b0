import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const calm: MantineColorsTuple = [
  '#eef8f7', '#d9edeb', '#b3dbd7', '#88c8c2', '#62b5ad', '#409c94', '#27847c', '#126a64', '#0d5752', '#08433f',
];

/** Dark surfaces with a breath of the brand's green instead of neutral grey. */
const dark: MantineColorsTuple = [
  '#dde4e6', '#b4bfc3', '#8f9ca1', '#66747a', '#3b474c', '#2d383c', '#20292c', '#171d1f', '#101517', '#0b0f10',
];

export const theme = createTheme({
  primaryColor: 'calm',
  colors: { calm, dark },
  primaryShade: 7,
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.3' }, h2: { fontSize: '0.95rem', lineHeight: '1.4' } } },
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } } },
    // A dialog's title bar is no banner of the page, which is what a bare header element would be.
    Modal: { defaultProps: { attributes: { header: { role: 'presentation' } }, centered: true, transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.45 }, closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } }, transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.45 }, closeButtonProps: { 'aria-label': 'Close' } } },
  },
});

/** Mantine's own dimmed and error texts are below 4.5:1 on our surfaces; these are not. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#57636b',
    '--mantine-color-placeholder': '#66727a',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-text': '#1b2529',
  },
  dark: {
    '--mantine-color-dimmed': '#a9b4ba',
    '--mantine-color-placeholder': '#98a4ab',
    '--mantine-color-error': '#ffb4ab',
    '--mantine-color-text': '#e4eaec',
    '--mantine-color-body': '#14191b',
    '--mantine-color-default': '#1b2224',
    '--mantine-color-default-hover': '#232b2e',
    '--mantine-color-default-border': '#344044',
    '--mantine-color-anchor': '#7fd0c8',
    '--mantine-color-calm-light': 'rgba(64, 156, 148, 0.18)',
    '--mantine-color-calm-light-hover': 'rgba(64, 156, 148, 0.26)',
    '--mantine-color-calm-light-color': '#8edbd3',
    '--mantine-color-calm-text': '#8edbd3',
    '--mantine-color-calm-outline': '#8edbd3',
  },
});

import '@mantine/core/styles.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/pages.css';
import './styles/workspace.css';
import './styles/forms.css';
import './styles/views.css';
import { MantineProvider } from '@mantine/core';
import { createRoot } from 'react-dom/client';
import { App } from './shell/app';
import { installTheme, theme } from './shell/theme';
import { trustOwnFiles } from './shell/trusted';

const root = document.getElementById('root');
if (root) {
  trustOwnFiles();
  installTheme();
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <App />
    </MantineProvider>,
  );
}

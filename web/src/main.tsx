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
import { theme } from './shell/theme';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <App />
    </MantineProvider>,
  );
}

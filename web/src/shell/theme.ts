import {
  convertCssVariables,
  createTheme,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from '@mantine/core';

const small = { defaultProps: { size: 'xs' } };
/** What is needed is said when it is missing; labels stay plain. */
const input = { defaultProps: { size: 'xs', withAsterisk: false } };

/** Dense, square, quiet: an engineering tool is looked at all day. */
export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 3,
  fontSizes: { xs: '12px', sm: '12.5px', md: '13px', lg: '15px', xl: '18px' },
  components: {
    Button: small,
    TextInput: input,
    PasswordInput: input,
    Select: input,
    TagsInput: input,
    Checkbox: small,
    Textarea: input,
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
  },
});

/**
 * Mantine would write the variables of the theme into a style element, which the content policy of the site refuses. A
 * sheet that is made by a script of the site is none that somebody could have slipped in.
 */
export function installTheme(): void {
  const sheet = new CSSStyleSheet();
  const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  sheet.replaceSync(convertCssVariables(variables, ':root'));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

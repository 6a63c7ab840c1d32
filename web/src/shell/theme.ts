import { createTheme } from '@mantine/core';

const small = { defaultProps: { size: 'xs' } };

/** Dense, square, quiet: an engineering tool is looked at all day. */
export const theme = createTheme({
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 3,
  fontSizes: { xs: '12px', sm: '12.5px', md: '13px', lg: '15px', xl: '18px' },
  components: {
    Button: small,
    TextInput: small,
    PasswordInput: small,
    Select: small,
    MultiSelect: small,
    TagsInput: small,
    Checkbox: small,
    SegmentedControl: small,
    Textarea: small,
    NumberInput: small,
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
  },
});

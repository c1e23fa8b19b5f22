import type { ITheme } from '@xterm/xterm';

/** Terminals are dark in both themes; xterm draws with colours of its own, so these are no tokens. */
export const terminalColours: ITheme = {
  background: '#0b0f17',
  foreground: '#eaeef6',
  cursor: '#7c95ff',
  cursorAccent: '#0b0f17',
  selectionBackground: '#33406b',
  black: '#313c50',
  red: '#ff6b70',
  green: '#3ecf73',
  yellow: '#f5b13d',
  blue: '#6ea8ff',
  magenta: '#c79bff',
  cyan: '#2fd3bd',
  white: '#bfc8d8',
  brightBlack: '#8d98ac',
  brightRed: '#ff8f93',
  brightGreen: '#6fe39a',
  brightYellow: '#ffca70',
  brightBlue: '#93beff',
  brightMagenta: '#d9b8ff',
  brightCyan: '#6fe8d8',
  brightWhite: '#ffffff',
};

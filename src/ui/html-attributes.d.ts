import 'react';

declare module 'react' {
  interface InputHTMLAttributes<T> {
    /** Lets a file input pick a folder (WICG entries API). */
    webkitdirectory?: T extends HTMLInputElement ? '' : never;
  }
}

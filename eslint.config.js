import js from '@eslint/js';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Imports go one way: ui → workers → gpu → {sampling, weights, images}; cli → gpu; nobody imports ui or cli. */
const zones = [
  { target: './src/shared', from: './src', except: ['./shared'] },
  { target: './src/sampling', from: './src', except: ['./sampling', './shared'] },
  { target: './src/weights', from: './src', except: ['./weights', './shared'] },
  { target: './src/images', from: './src', except: ['./images', './shared'] },
  { target: './src/scenes', from: './src', except: ['./scenes', './shared', './weights'] },
  { target: './src/evaluation', from: './src', except: ['./evaluation', './shared', './scenes'] },
  {
    target: './src/gpu',
    from: './src',
    except: ['./gpu', './sampling', './weights', './images', './shared'],
  },
  { target: './src/workers', from: ['./src/ui', './src/cli'] },
  { target: './src/!(cli)/**', from: './src/cli' },
];

const RUNTIME = { group: ['onnxruntime-*'], message: 'Only src/gpu/runtime imports the runtime.' };
const SEGMENTATION = {
  group: ['@huggingface/transformers'],
  message: 'Only src/gpu/segmentation imports transformers.js.',
};

export default tseslint.config(
  {
    ignores: [
      'dist',
      '.cache',
      'node_modules',
      'public',
      'training',
      'test-results',
      'playwright-report',
      'out',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.mjs'] })],
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: ['src/gpu/runtime/**', 'src/gpu/segmentation/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [RUNTIME, SEGMENTATION] }] },
  },
  {
    files: ['src/gpu/segmentation/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [RUNTIME] }] },
  },
  { files: ['src/ui/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
      },
    },
  },
);

/** Everything of project files and links in one module, so that the page can load it when it is asked for. */
export { readProject } from './read-project.ts';
export { settingsFromHash, settingsToHash } from './share-link.ts';
export { writeProject } from './write-project.ts';

import { Tabs, Tooltip } from 'radix-ui';
import { useCallback, useLayoutEffect, useState, type ReactNode } from 'react';
import { X } from 'lucide-react';
import { RunBar } from './components/bars/run-bar.tsx';
import { TopBar } from './components/bars/top-bar.tsx';
import { Sheet } from './components/canvas/sheet.tsx';
import { IconButton } from './components/fields/icon-button.tsx';
import { LongWaitDialog } from './components/long-wait-dialog.tsx';
import { Notices } from './components/notices.tsx';
import { DetailsPanel } from './components/panels/details-panel.tsx';
import { HistoryPanel } from './components/panels/history-panel.tsx';
import { ObjectsPanel } from './components/panels/objects-panel.tsx';
import { RelationPanel } from './components/panels/relation-panel.tsx';
import { ShortcutsDialog } from './components/shortcuts-dialog.tsx';
import { useMediaQuery } from './components/use-media-query.ts';
import { usePageFiles } from './components/use-page-files.ts';
import { useShortcuts } from './components/use-shortcuts.ts';
import { PhotoDialog } from './components/photo-editor/photo-dialog.tsx';
import { PictureViewer } from './components/viewer/picture-viewer.tsx';
import { store } from './state/app-state.ts';
import { useApp } from './state/use-app.ts';
import { isViewing } from './state/viewer-actions.ts';
import { languageOf, useStrings } from './strings/index.ts';

/** From this width on all panels stand beside the sheet; below they share one place behind tabs. */
const WIDE = '(min-width: 1180px)';

export function App(): ReactNode {
  const [help, setHelp] = useState(false);
  const showHelp = useCallback(() => {
    setHelp(true);
  }, []);
  const wide = useMediaQuery(WIDE);
  const dropping = usePageFiles();
  const text = useStrings();
  useShortcuts(showHelp);
  useDocumentLook();
  const stage = (
    <main className="stage">
      <Welcome />
      <Stage />
      <RunBar />
    </main>
  );
  return (
    <Tooltip.Provider delayDuration={400}>
      <div className="app" data-layout={wide ? 'wide' : 'compact'} data-dropping={dropping}>
        <TopBar onHelp={showHelp} />
        {wide ? (
          <>
            <div className="side">
              <ObjectsPanel />
              <RelationPanel />
            </div>
            {stage}
            <div className="side">
              <DetailsPanel />
              <HistoryPanel />
            </div>
          </>
        ) : (
          <>
            {stage}
            <TabbedPanels />
          </>
        )}
        {dropping && <p className="drop-hint">{text.notices.dropHint}</p>}
      </div>
      <PhotoDialog />
      <LongWaitDialog />
      <Notices />
      <ShortcutsDialog open={help} onOpenChange={setHelp} />
    </Tooltip.Provider>
  );
}

/** The box editor, or the finished picture alone. */
function Stage(): ReactNode {
  const viewed = useApp((state) => (isViewing(state) ? state.shown : null));
  return viewed === null ? <Sheet /> : <PictureViewer picture={viewed} />;
}

const PANELS = {
  objects: ObjectsPanel,
  relation: RelationPanel,
  details: DetailsPanel,
  history: HistoryPanel,
} as const;
const PANEL_IDS = ['objects', 'relation', 'details', 'history'] as const;

function TabbedPanels(): ReactNode {
  const text = useStrings();
  return (
    <Tabs.Root className="tabbed" defaultValue="objects" role="complementary" aria-label={text.sections.all}>
      <Tabs.List className="tab-list">
        {PANEL_IDS.map((id) => (
          <Tabs.Trigger key={id} value={id} className="tab">
            {text.sections[id]}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {PANEL_IDS.map((id) => {
        const Panel = PANELS[id];
        return (
          <Tabs.Content key={id} value={id} className="tab-content">
            <Panel />
          </Tabs.Content>
        );
      })}
    </Tabs.Root>
  );
}

/** One quiet line on the first visit: what the model can do, and that nothing leaves the machine. */
function Welcome(): ReactNode {
  const text = useStrings();
  const welcomed = useApp((state) => state.preferences.welcomed);
  const limits = useApp((state) => (state.engine.kind === 'ready' ? state.engine.manifest.limits : null));
  if (welcomed) return null;
  return (
    <div className="welcome">
      <p>
        {limits !== null && <span lang="en">{limits} </span>}
        {text.welcome}
      </p>
      <IconButton
        label={text.dismiss}
        onClick={() => {
          store.setState(({ preferences }) => ({ preferences: { ...preferences, welcomed: true } }));
        }}
      >
        <X size={16} />
      </IconButton>
    </div>
  );
}

/** Theme and language live on the root element, where style sheets and screen readers look. */
function useDocumentLook(): void {
  const theme = useApp((state) => state.preferences.theme);
  const language = useApp((state) => languageOf(state.preferences));
  useLayoutEffect(() => {
    const root = document.documentElement;
    root.lang = language;
    if (theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
  }, [theme, language]);
}

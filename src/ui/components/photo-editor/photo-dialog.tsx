import { Dialog, Tabs } from 'radix-ui';
import { useEffect, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Redo2, Undo2 } from 'lucide-react';
import { cropOrNull } from '../../model/crop-geometry.ts';
import { type EditorObject } from '../../model/editor.ts';
import { type Size } from '../../model/picture-view.ts';
import { PHOTO_TOOLS, type PhotoTool } from '../../state/app-state.ts';
import { attempt, complain } from '../../state/notices.ts';
import {
  closePhotoTool,
  finishPhotoEdit,
  photoSourceOf,
  type PhotoSource,
} from '../../state/photo-edit-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { DialogHead } from '../fields/dialog-head.tsx';
import { IconButton } from '../fields/icon-button.tsx';
import { CropTool } from './crop-tool.tsx';
import { CutOutTool } from './cut-out-tool.tsx';
import { useCrop } from './use-crop.ts';
import { useCutOut } from './use-cut-out.ts';
import { useFindObject } from './use-find-object.ts';

/** The tools for one object's photo, over the page. Nothing changes before “Done”. */
export function PhotoDialog(): ReactNode {
  const text = useStrings();
  const open = useApp((state) => state.photoTool);
  const index = useApp(({ editor }) => editor.objects.findIndex(({ id }) => id === open?.objectId));
  const object = useApp(({ editor }) => editor.objects[index]);
  return (
    <Dialog.Root
      open={open !== null && object !== undefined}
      onOpenChange={(stays) => {
        if (!stays) closePhotoTool();
      }}
    >
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog photo-dialog" aria-describedby={undefined}>
          <DialogHead title={text.photoTools.title(index + 1)} close={text.photoTools.cancel} />
          {open !== null && object !== undefined && <Loader object={object} tool={open.tool} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface LoadedPhoto {
  readonly source: PhotoSource;
  readonly url: string;
  readonly size: Size;
}

/** Fetches the original from the store, and its size as it is seen. */
function Loader({ object, tool }: { readonly object: EditorObject; readonly tool: PhotoTool }): ReactNode {
  const text = useStrings();
  const [loaded, setLoaded] = useState<LoadedPhoto | null>(null);
  useEffect(() => {
    let current = true;
    let url: string | undefined;
    const load = async (): Promise<void> => {
      const source = await photoSourceOf(object);
      if (!current) return;
      url = URL.createObjectURL(source.original.display ?? source.original.blob);
      const image = new Image();
      image.src = url;
      await image.decode();
      setLoaded({ source, url, size: { width: image.naturalWidth, height: image.naturalHeight } });
    };
    load().catch((error: unknown) => {
      complain(error);
      closePhotoTool();
    });
    return () => {
      current = false;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [object]);
  if (loaded === null) return <p className="muted">{text.photoTools.opening}</p>;
  return <Tools {...loaded} objectId={object.id} firstTool={tool} />;
}

interface ToolsProps extends LoadedPhoto {
  readonly objectId: string;
  readonly firstTool: PhotoTool;
}

function Tools({ source, url, size, objectId, firstTool }: ToolsProps): ReactNode {
  const text = useStrings();
  const [tool, setTool] = useState(firstTool);
  const [working, setWorking] = useState(false);
  const crop = useCrop(source.crop, size.height / size.width);
  const cutOut = useCutOut(source, tool === 'cut-out');
  const search = useFindObject(source.original.blob, crop.box, cutOut);
  const canUndo = tool === 'crop' ? crop.canUndo : (cutOut.view?.canUndo ?? false);
  const canRedo = tool === 'crop' ? crop.canRedo : (cutOut.view?.canRedo ?? false);
  const undo = (): void => {
    if (tool === 'crop') crop.undo();
    else cutOut.change({ kind: 'undo' });
  };
  const redo = (): void => {
    if (tool === 'crop') crop.redo();
    else cutOut.change({ kind: 'redo' });
  };
  const finish = (): void => {
    setWorking(true);
    attempt(async () => {
      try {
        await finishPhotoEdit(objectId, {
          original: source.original,
          crop: cropOrNull(crop.box),
          cutOut: await cutOut.finish(),
        });
        closePhotoTool();
      } finally {
        setWorking(false);
      }
    });
  };
  /** The page's own steps wait while a tool is open. */
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === 'y' || (key === 'z' && event.shiftKey)) redo();
    else if (key === 'z') undo();
    else if (key === 'enter') finish();
    else if (key !== 's') return;
    event.preventDefault();
  };
  return (
    <div className="photo-tools" onKeyDown={onKeyDown}>
      <Tabs.Root
        className="photo-tabs"
        value={tool}
        onValueChange={(value) => {
          setTool(PHOTO_TOOLS.find((one) => one === value) ?? tool);
        }}
      >
        <Tabs.List className="tab-list" aria-label={text.photoTools.toolsName}>
          {PHOTO_TOOLS.map((one) => (
            <Tabs.Trigger key={one} value={one} className="tab">
              {text.photoTools.tools[one]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="crop" className="photo-tool">
          <CropTool url={url} size={size} crop={crop} />
        </Tabs.Content>
        <Tabs.Content value="cut-out" className="photo-tool">
          <CutOutTool url={url} size={size} crop={crop.box} cutOut={cutOut} search={search} />
        </Tabs.Content>
      </Tabs.Root>
      <div className="photo-foot">
        <IconButton label={text.photoTools.undo} shortcut="Ctrl Z" disabled={!canUndo} onClick={undo}>
          <Undo2 size={18} />
        </IconButton>
        <IconButton label={text.photoTools.redo} shortcut="Ctrl Shift Z" disabled={!canRedo} onClick={redo}>
          <Redo2 size={18} />
        </IconButton>
        <button
          type="button"
          className="button primary"
          disabled={working || cutOut.view?.kept === 0}
          onClick={finish}
        >
          {working ? text.photoTools.working : text.photoTools.done}
        </button>
      </div>
    </div>
  );
}

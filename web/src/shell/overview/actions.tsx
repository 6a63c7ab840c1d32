// What can be done with a project from the overview.
import { Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ProjectInfo } from '../../contract';
import { askText, confirm, DialogForm, openDialog } from '../../parts/dialog';
import { byteSize, choose, fileName } from '../../parts/files';
import type { MenuItem } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { archivePath, failureOf, importArchive } from '../../transport';
import { demandSize } from '../limits';
import { go, socket } from '../platform';
import { projectRoute } from '../route';
import { applyDocument, applyTemplate, EXAMPLES } from './document';
import { ShareDialog } from './share';

const TEXT_LIMIT = 20e6;

interface Beginning {
  close: () => void;
  load: () => void;
  /** A project file. */
  file?: File;
  /** A project whose content the new one begins with. */
  like?: ProjectInfo;
}

/** A name for a first try: that of the file, or of what it is made like. */
function proposed({ file, like }: Beginning): string {
  return file ? file.name.replace(/(\.opentwin)?\.[^.]+$/, '') : like ? `Like ${like.name}` : '';
}

function CreateDialog(props: Beginning) {
  const { close, load, file, like } = props;
  const [name, setName] = useState(proposed(props));
  const [description, setDescription] = useState(like?.description ?? '');
  const [tags, setTags] = useState<string[]>(like?.tags ?? []);
  const [start, setStart] = useState<string | null>('empty');
  const create = async () => {
    const example = EXAMPLES.find((one) => one.name === start);
    const text = file ? await file.text() : example ? await example.load() : undefined;
    const project = await socket.call('Project/CreateProject', { name: name.trim(), description, tags });
    try {
      if (like) await applyTemplate(project.id, like);
      else if (text !== undefined) await applyDocument(project.id, text, file?.name ?? `the example ${example?.name}`);
    } catch (error) {
      await socket.call('Project/DeleteProject', { project: project.id }).catch(() => undefined);
      throw error;
    }
    load();
    go(projectRoute(project.id));
  };
  return (
    <DialogForm label="Create" close={close} run={create} disabled={!name.trim()}>
      <TextInput
        label="Name"
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TagsInput label="Tags" value={tags} onChange={setTags} />
      {file && (
        <p className="muted">
          From {file.name}, {byteSize(file.size)}
        </p>
      )}
      {like && <p className="muted">With all that {like.name} holds, without its results and its history.</p>}
      {!file && !like && (
        <Select
          label="Begin with"
          data={[
            { value: 'empty', label: 'Nothing' },
            ...EXAMPLES.map((one) => ({ value: one.name, label: `Example: ${one.title}` })),
          ]}
          value={start}
          onChange={setStart}
          allowDeselect={false}
        />
      )}
    </DialogForm>
  );
}

export function createProject(load: () => void): void {
  openDialog('New project', (close) => <CreateDialog close={close} load={load} />);
}

/** True for a project file of text, and for an exported project. */
export const isProjectFile = (name: string) => /\.(ya?ml|json|opentwin)$/i.test(name);

/** A file dropped on the overview: a project file of text, or an exported project, makes a new project. */
export function dropFile(file: File, load: () => void): void {
  if (/\.(step|stp|stl|iges|brep)$/i.test(file.name)) {
    notify('bad', 'Not a project', `${file.name} is geometry: open a project and drop it there.`);
  } else if (!/\.(ya?ml|json)$/i.test(file.name)) {
    openDialog('Import a project', (close) => <ImportDialog file={file} close={close} load={load} />, 'sm');
  } else if (file.size > TEXT_LIMIT) {
    notify(
      'bad',
      'The file is too large',
      `${file.name} has ${byteSize(file.size)}; a project file may have ${byteSize(TEXT_LIMIT)}.`,
    );
  } else openDialog('New project from a file', (close) => <CreateDialog close={close} load={load} file={file} />);
}

/** The browser streams the file to the disk by itself; the cookie suffices to read. */
function exportProject(project: ProjectInfo): void {
  const link = document.createElement('a');
  link.href = archivePath(project.id);
  link.download = `${fileName(project.name)}.opentwin`;
  link.click();
}

function ImportDialog({ file, close, load }: { file: File; close: () => void; load: () => void }) {
  const [done, setDone] = useState<number>();
  const [stop] = useState(() => new AbortController());
  // A dialog that is closed sends no more.
  useEffect(() => () => stop.abort(), [stop]);
  const run = async () => {
    demandSize(file);
    setDone(0);
    try {
      const project = await importArchive(file, { onProgress: setDone, signal: stop.signal });
      load();
      notify('good', 'Imported', project.name, { label: 'Open', run: () => go(projectRoute(project.id)) });
    } finally {
      setDone(undefined);
    }
  };
  return (
    <DialogForm label="Import" close={close} run={run}>
      <p>
        {file.name}, {byteSize(file.size)}: a project with all of its versions and results.
      </p>
      {done !== undefined && <progress max={1} value={done} aria-label="Progress of the upload" />}
    </DialogForm>
  );
}

function failed(title: string) {
  return (error: unknown) => {
    const failure = failureOf(error);
    notify('bad', title, [failure.message, failure.remedy].filter(Boolean).join(' — '));
  };
}

export function restoreProject(project: ProjectInfo, load: () => void): void {
  socket.call('Project/RestoreProject', { project: project.id }).then(load, failed('Not restored'));
}

export function purgeProject(project: ProjectInfo, load: () => void): void {
  confirm(
    'Delete for good',
    `${project.name} and all of its versions will be gone and cannot be brought back.`,
    'Delete for good',
    async () => {
      await socket.call('Project/PurgeProject', { project: project.id });
      load();
    },
  );
}

function deleteProject(project: ProjectInfo, load: () => void): void {
  confirm(
    'Delete project',
    `${project.name} goes into the trash. From there it can be restored.`,
    'Delete',
    async () => {
      await socket.call('Project/DeleteProject', { project: project.id });
      load();
      notify('good', `${project.name} is in the trash`, '', {
        label: 'Undo',
        run: () => restoreProject(project, load),
      });
    },
  );
}

function EditDialog({ project, close, load }: { project: ProjectInfo; close: () => void; load: () => void }) {
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const [tags, setTags] = useState<string[]>(project.tags);
  const update = async () => {
    await socket.call('Project/UpdateProject', {
      project: project.id,
      name: name.trim(),
      description,
      addTags: tags.filter((tag) => !project.tags.includes(tag)),
      removeTags: project.tags.filter((tag) => !tags.includes(tag)),
    });
    load();
  };
  return (
    <DialogForm label="Save" close={close} run={update} disabled={!name.trim()}>
      <TextInput
        label="Name"
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TagsInput label="Tags" value={tags} onChange={setTags} />
    </DialogForm>
  );
}

export function projectMenu(project: ProjectInfo, load: () => void): MenuItem[] {
  const owner = project.right === 'RIGHT_OWNER';
  const editor = owner || project.right === 'RIGHT_EDITOR';
  if (project.deletedMs > 0) return [];
  return [
    { label: 'Open', icon: 'folder', run: () => go(projectRoute(project.id)) },
    {
      label: 'Rename, describe, tag…',
      icon: 'edit',
      disabled: !editor,
      run: () => openDialog('Project', (close) => <EditDialog project={project} close={close} load={load} />),
    },
    {
      label: 'Copy…',
      icon: 'copy',
      run: () =>
        askText({
          title: 'Copy project',
          label: 'Name of the copy',
          value: `${project.name} copy`,
          button: 'Copy',
          run: (name) => socket.call('Project/CopyProject', { project: project.id, name }).then(load),
        }),
    },
    {
      label: 'New project like this…',
      icon: 'plus',
      run: () => openDialog('New project', (close) => <CreateDialog close={close} load={load} like={project} />),
    },
    {
      label: 'Share…',
      icon: 'share',
      disabled: !owner,
      run: () => openDialog(`Share ${project.name}`, (close) => <ShareDialog project={project} close={close} />),
    },
    { label: 'Export', icon: 'export', run: () => exportProject(project) },
    {
      label: 'Delete…',
      icon: 'trash',
      danger: true,
      apart: true,
      disabled: !owner,
      run: () => deleteProject(project, load),
    },
  ];
}

export function importProject(load: () => void): void {
  choose('.yaml,.yml,.json,.opentwin', (file) => dropFile(file, load));
}

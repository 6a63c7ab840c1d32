// The table of projects.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ProjectInfo } from '../../contract';
import { byteSize, since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenu, openMenuUnder } from '../../parts/menu';
import { go } from '../platform';
import { projectRoute } from '../route';
import { projectMenu, purgeProject, restoreProject } from './actions';
import { type Column, ordered, type Wanted } from './listing';
import { usePicture } from './preview';

const RIGHTS = { RIGHT_NONE: '', RIGHT_VIEWER: 'look', RIGHT_EDITOR: 'edit', RIGHT_OWNER: 'own' };

interface Props {
  projects: readonly ProjectInfo[];
  load: () => void;
  narrow: (wanted: Partial<Wanted>) => void;
}

/** Tags or groups: a click shows only projects with that one. */
function Marks({ of, names, choose }: { of: string; names: readonly string[]; choose: (name: string) => void }) {
  return names.map((name) => (
    <button
      key={name}
      type="button"
      className={`badge choice${of === 'group' ? ' accent' : ''}`}
      title={`Only projects ${of === 'group' ? 'shared with the group' : 'with the tag'} ${name}`}
      onClick={() => choose(name)}
    >
      {name}
    </button>
  ));
}

function Row({ project, load, narrow }: { project: ProjectInfo } & Omit<Props, 'projects'>) {
  const picture = usePicture(project.id, project.picture);
  const trashed = project.deletedMs > 0;
  const menu = (show: (items: ReturnType<typeof projectMenu>) => void) => show(projectMenu(project, load));
  return (
    <tr
      onDoubleClick={() => !trashed && go(projectRoute(project.id))}
      onContextMenu={(event) => {
        event.preventDefault();
        menu((items) => openMenu(event.clientX, event.clientY, items));
      }}
    >
      <td className="project-picture">{picture ? <img src={picture} alt="" /> : <Icon name="cuboid" size={22} />}</td>
      <td className="project-name">
        {trashed ? (
          <strong>{project.name}</strong>
        ) : (
          <a href={`#/project/${encodeURIComponent(project.id)}`}>{project.name}</a>
        )}
        {project.description && <div className="muted one-line">{project.description}</div>}
      </td>
      <td>
        <Marks of="tag" names={project.tags} choose={(tag) => narrow({ tag })} />
      </td>
      <td>{project.owner}</td>
      <td>
        <Marks of="group" names={project.groups} choose={(group) => narrow({ group })} />
      </td>
      <td>{RIGHTS[project.right]}</td>
      <td className="numeric">{project.entities}</td>
      <td
        className="numeric"
        title={`${project.bytes.toLocaleString('en')} bytes of files and results, in all versions`}
      >
        {project.bytes > 0 ? byteSize(project.bytes) : '–'}
      </td>
      <td className="when" title={new Date(project.changedMs).toLocaleString()}>
        {since(project.changedMs)}
      </td>
      <td className="last">
        {trashed ? (
          <span className="row-buttons">
            <Button variant="default" onClick={() => restoreProject(project, load)}>
              Restore
            </Button>
            <Button variant="subtle" color="red" onClick={() => purgeProject(project, load)}>
              Delete for good
            </Button>
          </span>
        ) : (
          <button
            type="button"
            className="bare"
            aria-label={`Actions for ${project.name}`}
            aria-haspopup="menu"
            onClick={(event) => menu((items) => openMenuUnder(event.currentTarget, items))}
          >
            <Icon name="more" />
          </button>
        )}
      </td>
    </tr>
  );
}

export function ProjectTable({ projects, load, narrow }: Props) {
  const [column, setColumn] = useState<Column>('changedMs');
  const [reverse, setReverse] = useState(false);
  const rows = useMemo(() => ordered(projects, column, reverse), [projects, column, reverse]);
  const head = (name: Column, label: string, numeric = false) => (
    <th
      aria-sort={column === name ? (reverse ? 'descending' : 'ascending') : 'none'}
      className={numeric ? 'numeric' : undefined}
    >
      <button
        type="button"
        className="bare"
        onClick={() => {
          setReverse(column === name && !reverse);
          setColumn(name);
        }}
      >
        {label}
        <span className="sort-mark" aria-hidden="true">
          {column === name ? (reverse ? '▾' : '▴') : ''}
        </span>
      </button>
    </th>
  );
  return (
    <table className="grid projects">
      <thead>
        <tr>
          <th>
            <span className="hidden-label">Picture</span>
          </th>
          {head('name', 'Project')}
          <th>Tags</th>
          {head('owner', 'Owner')}
          <th>Groups</th>
          <th>May</th>
          {head('entities', 'Entities', true)}
          {head('bytes', 'Size', true)}
          {head('changedMs', 'Changed')}
          <th>
            <span className="hidden-label">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((project) => (
          <Row key={project.id} project={project} load={load} narrow={narrow} />
        ))}
      </tbody>
    </table>
  );
}

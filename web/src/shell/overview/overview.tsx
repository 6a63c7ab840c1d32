import { Button, TextInput } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Failure, ProjectInfo } from '../../contract';
import { naturally } from '../../model/sort';
import { FailureText } from '../../parts/dialog';
import { DropZone } from '../../parts/drop-zone';
import { since } from '../../parts/files';
import { Icon } from '../../parts/icon';
import { openMenu, openMenuUnder } from '../../parts/menu';
import { useStore } from '../../parts/use-store';
import { failureOf } from '../../transport';
import { LinkMark, PageHeader } from '../header';
import { go, site, socket, user } from '../platform';
import { projectRoute } from '../route';
import { createProject, dropFile, importProject, projectMenu, purgeProject, restoreProject } from './actions';
import { usePicture } from './preview';

type Column = 'name' | 'owner' | 'changedMs' | 'entities';

export function useProjects(deleted: boolean) {
  const [projects, setProjects] = useState<ProjectInfo[]>();
  const [failure, setFailure] = useState<Failure>();
  const asked = useRef(0);
  const load = useCallback(() => {
    // An answer that comes after that of a later question is old.
    const turn = ++asked.current;
    socket
      .call('Project/ListProjects', { deleted })
      .then((reply) => {
        if (turn !== asked.current) return;
        setProjects(reply.projects.filter((project) => project.deletedMs > 0 === deleted));
        setFailure(undefined);
      })
      .catch((error) => setFailure(failureOf(error)));
  }, [deleted]);
  useEffect(() => {
    setProjects(undefined);
    load();
    const again = () => document.visibilityState === 'visible' && load();
    const timer = setInterval(again, 15_000);
    return () => clearInterval(timer);
  }, [load]);
  return { projects, failure, load };
}

const RIGHTS = { RIGHT_NONE: '', RIGHT_VIEWER: 'look', RIGHT_EDITOR: 'edit', RIGHT_OWNER: 'own' };

function Row({ project, load }: { project: ProjectInfo; load: () => void }) {
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
      <td className="project-picture">{picture ? <img src={picture} alt="" /> : <Icon name="cuboid" size={26} />}</td>
      <td>
        {trashed ? (
          <strong>{project.name}</strong>
        ) : (
          <a href={`#/project/${encodeURIComponent(project.id)}`}>{project.name}</a>
        )}
        {project.description && <div className="muted">{project.description}</div>}
      </td>
      <td>
        {project.tags.map((tag) => (
          <span key={tag} className="badge">
            {tag}
          </span>
        ))}
      </td>
      <td>{project.owner}</td>
      <td>{RIGHTS[project.right]}</td>
      <td className="numeric">{project.entities}</td>
      <td title={new Date(project.changedMs).toLocaleString()}>{since(project.changedMs)}</td>
      <td>
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

function compare(column: Column, a: ProjectInfo, b: ProjectInfo): number {
  if (column === 'changedMs' || column === 'entities') return b[column] - a[column];
  return naturally(a[column], b[column]);
}

function ProjectTable({ projects, load }: { projects: ProjectInfo[]; load: () => void }) {
  const [column, setColumn] = useState<Column>('changedMs');
  const [reverse, setReverse] = useState(false);
  const sorted = useMemo(() => {
    const rows = [...projects].sort((a, b) => compare(column, a, b));
    return reverse ? rows.reverse() : rows;
  }, [projects, column, reverse]);
  const head = (name: Column, label: string) => (
    <th aria-sort={column === name ? (reverse ? 'descending' : 'ascending') : 'none'}>
      <button
        type="button"
        className="bare"
        onClick={() => {
          setReverse(column === name && !reverse);
          setColumn(name);
        }}
      >
        {label}
        {column === name && <span aria-hidden="true">{reverse ? ' ▾' : ' ▴'}</span>}
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
          <th>May</th>
          {head('entities', 'Entities')}
          {head('changedMs', 'Changed')}
          <th>
            <span className="hidden-label">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((project) => (
          <Row key={project.id} project={project} load={load} />
        ))}
      </tbody>
    </table>
  );
}

type Filter = 'all' | 'own' | 'shared' | 'trash';
const FILTERS: [Filter, string][] = [
  ['all', 'All projects'],
  ['own', 'My projects'],
  ['shared', 'Shared with me'],
  ['trash', 'Trash'],
];

export function Overview() {
  const who = useStore(user);
  const where = useStore(site);
  const [filter, setFilter] = useState<Filter>('all');
  const [text, setText] = useState('');
  const { projects, failure, load } = useProjects(filter === 'trash');
  const search = useRef<HTMLInputElement>(null);
  const wanted = text.trim().toLowerCase();
  const listed = (projects ?? []).filter((project) => {
    if (filter === 'own' && project.owner !== who?.name) return false;
    if (filter === 'shared' && project.owner === who?.name) return false;
    return [project.name, project.description, project.owner, ...project.tags].some((word) =>
      word.toLowerCase().includes(wanted),
    );
  });
  return (
    <DropZone className="page" drop={(file) => dropFile(file, load)}>
      <PageHeader>
        <a href="#/" aria-current="page">
          Projects
        </a>
        {who?.administrator && <a href="#/administration/users">Administration</a>}
      </PageHeader>
      <main className="overview">
        <div className="overview-bar">
          <h1>Projects</h1>
          <div className="filters" role="tablist" aria-label="Which projects">
            {FILTERS.map(([name, label]) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={filter === name}
                onClick={() => setFilter(name)}
              >
                {label}
              </button>
            ))}
          </div>
          <TextInput
            ref={search}
            aria-label="Search projects"
            placeholder="Search name, tag, owner"
            leftSection={<Icon name="search" size={14} />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button variant="default" leftSection={<Icon name="import" size={14} />} onClick={() => importProject(load)}>
            From file
          </Button>
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => createProject(load)}>
            New project
          </Button>
        </div>
        <FailureText failure={failure} />
        <div className="overview-list">
          {projects === undefined && !failure && <p className="empty">Loading…</p>}
          {listed.length > 0 && <ProjectTable projects={listed} load={load} />}
          {projects !== undefined && listed.length === 0 && (
            <p className="empty">
              {wanted
                ? `Nothing is named like “${text}”.`
                : filter === 'trash'
                  ? 'The trash is empty.'
                  : 'No project yet. Make one, or drop a project file here.'}
            </p>
          )}
        </div>
      </main>
      <footer className="status">
        <LinkMark />
        <span className="spring" />
        {where && (
          <span>
            {where.name || 'OpenTwin'} {where.version}
          </span>
        )}
      </footer>
    </DropZone>
  );
}

import { Button, Select, TextInput } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Failure, ProjectInfo } from '../../contract';
import { FailureText } from '../../parts/dialog';
import { DropZone } from '../../parts/drop-zone';
import { Icon } from '../../parts/icon';
import { useStore } from '../../parts/use-store';
import { failureOf } from '../../transport';
import { LinkMark, PageHeader } from '../header';
import { site, socket, user } from '../platform';
import { showShortcuts } from '../shortcuts';
import { createProject, dropFile, importProject } from './actions';
import { ANY, choices, matching, type Wanted, type Which } from './listing';
import { ProjectTable } from './table';

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

const FILTERS: [Which, string][] = [
  ['all', 'All projects'],
  ['own', 'My projects'],
  ['shared', 'Shared with me'],
  ['trash', 'Trash'],
];

/** `/` searches, `N` begins a project, `?` shows the sheet. */
function useKeys(search: React.RefObject<HTMLInputElement | null>, load: () => void): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof HTMLElement && target.closest('input, textarea, select, .menu, .mantine-Modal-root'))
        return;
      if (key === '/') search.current?.focus();
      else if (key === 'n') createProject(load);
      else if (key === '?') showShortcuts();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [search, load]);
}

/** A choice among the tags or groups that there are; nothing where there are none. */
function Choice(props: { label: string; names: string[]; value: string; change: (name: string) => void }) {
  const { label, names, value, change } = props;
  if (names.length === 0 && !value) return null;
  return (
    <Select
      className="choice-of"
      aria-label={label}
      placeholder={label}
      data={value && !names.includes(value) ? [value, ...names] : names}
      value={value || null}
      onChange={(name) => change(name ?? '')}
      clearable
      searchable={names.length > 8}
      clearButtonProps={{ 'aria-label': `Any ${label.toLowerCase()}` }}
    />
  );
}

function nothing(wanted: Wanted): string {
  if (wanted.text.trim()) return `Nothing is found for “${wanted.text.trim()}”.`;
  if (wanted.tag || wanted.group) return 'No project has this tag and this group.';
  if (wanted.which === 'trash') return 'The trash is empty.';
  if (wanted.which === 'shared') return 'Nobody has shared a project with you.';
  return 'No project yet. Make one, or drop a project file here.';
}

export function Overview() {
  const who = useStore(user);
  const where = useStore(site);
  const [wanted, setWanted] = useState<Wanted>(ANY);
  const { projects, failure, load } = useProjects(wanted.which === 'trash');
  const search = useRef<HTMLInputElement>(null);
  useKeys(search, load);
  const narrow = (part: Partial<Wanted>) => setWanted((now) => ({ ...now, ...part }));
  const listed = matching(projects ?? [], wanted, who?.name ?? '');
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
                aria-selected={wanted.which === name}
                onClick={() => narrow({ which: name })}
              >
                {label}
              </button>
            ))}
          </div>
          <Choice
            label="Tag"
            names={choices(projects ?? [], 'tags')}
            value={wanted.tag}
            change={(tag) => narrow({ tag })}
          />
          <Choice
            label="Group"
            names={choices(projects ?? [], 'groups')}
            value={wanted.group}
            change={(group) => narrow({ group })}
          />
          <TextInput
            ref={search}
            className="search"
            aria-label="Search projects"
            placeholder="Search (/)"
            leftSection={<Icon name="search" size={14} />}
            value={wanted.text}
            onChange={(event) => narrow({ text: event.currentTarget.value })}
            onKeyDown={(event) => event.key === 'Escape' && narrow({ text: '' })}
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
          {listed.length > 0 && <ProjectTable projects={listed} load={load} narrow={narrow} />}
          {projects !== undefined && listed.length === 0 && <p className="empty">{nothing(wanted)}</p>}
        </div>
      </main>
      <footer className="status">
        <LinkMark />
        {projects !== undefined && (
          <span>
            {listed.length === projects.length
              ? `${projects.length} project${projects.length === 1 ? '' : 's'}`
              : `${listed.length} of ${projects.length} projects`}
          </span>
        )}
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
